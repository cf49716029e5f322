"""Alive, and ready?"""

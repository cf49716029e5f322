"""Does an adapter keep the rules of the port? Tests for anybody's, by a hostile gateway."""

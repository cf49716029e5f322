// A user's whole journey by a client that was generated from /openapi.json.
//
// That it compiles is half of the proof: each `@ts-expect-error` is a mistake that the types catch.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import createClient, { type Middleware } from "openapi-fetch";

import type { components, paths } from "./schema.js";

type WithdrawalRequest = components["schemas"]["WithdrawalRequest"];

const [, , baseUrl, backEndKey] = process.argv;
assert(baseUrl && backEndKey, "usage: node journey.js ADDRESS KEY");
const api = createClient<paths>({ baseUrl });

async function registerAndLogIn(): Promise<string> {
  const email = `ada-${randomUUID()}@example.com`;
  const password = "tidal-lantern-42-moss";
  const body = { firstName: "Ada", lastName: "Lovelace", email, password };

  const registered = await api.POST("/auth/register", { body });
  const again = await api.POST("/auth/register", { body });
  const wrong = await api.POST("/auth/login", { body: { email, password: "not the password" } });
  const login = await api.POST("/auth/login", { body: { email, password } });

  assert.equal(registered.data?.message, "Registration successful");
  assert.equal(again.error?.code, "email_taken");
  assert.equal(wrong.error?.code, "invalid_credentials");
  assert(login.data);
  assert.equal(login.data.user.id, registered.data.userId);
  return await refreshed(login.data.refreshToken);
}

async function refreshed(refreshToken: string): Promise<string> {
  const body = { refreshToken };

  const next = await api.POST("/auth/refresh", { body });
  const doubled = await api.POST("/auth/refresh", { body });

  assert(next.data);
  assert.equal(doubled.data?.refreshToken, next.data.refreshToken);
  return next.data.token;
}

function sending(token: string): Middleware {
  return {
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${token}`);
      return request;
    },
  };
}

async function needsTheToken(): Promise<void> {
  const { error } = await api.GET("/wallets");

  assert(error?.code === "unauthenticated");
  // @ts-expect-error: reading the balance has no such error
  assert(error?.code !== "insufficient_funds");
}

async function deposit(): Promise<void> {
  const { data: currencies } = await api.GET("/currencies");
  const header = { "Idempotency-Key": randomUUID() };

  const major = await api.POST("/wallets/deposit", { body: { amount: 100.5 } });
  const minor = await api.POST("/wallets/deposit", {
    params: { header },
    body: { amountCents: 5025, currency: "INR" },
  });
  const replayed = await api.POST("/wallets/deposit", {
    params: { header },
    body: { amountCents: 5025, currency: "INR" },
  });
  const { data: wallet } = await api.GET("/wallets");

  assert.equal(currencies?.data.find(({ code }) => code === "INR")?.decimals, 2);
  assert.equal(major.data?.balanceCents, 10050);
  assert.equal(minor.data?.balanceCents, 15075);
  assert.deepEqual(replayed.data, minor.data);
  assert.equal(replayed.response.headers.get("Idempotent-Replayed"), "true");
  assert.equal(wallet?.balanceCents, 15075);
}

async function depositWrongly(): Promise<void> {
  const { error } = await api.POST("/wallets/deposit", { body: { amount: -1 } });
  const other = await api.POST("/wallets/deposit", { body: { amount: 1, currency: "USD" } });
  // @ts-expect-error: an amount is a number
  await api.POST("/wallets/deposit", { body: { amount: "100.50" } });
  // @ts-expect-error: not a code of ISO 4217
  await api.POST("/wallets/deposit", { body: { amount: 1, currency: "RUPEES" } });

  // @ts-expect-error: only some errors name members
  error?.errors;
  assert(error?.code === "validation_failed");
  assert.equal(error.errors[0]?.pointer, "/amount");
  assert.equal(other.error?.code, "currency_mismatch");
}

async function withdraw(): Promise<string> {
  const header = { "Idempotency-Key": randomUUID() };
  const body: WithdrawalRequest = { amount: 50.25, destination: "bank:HDFC0001234:5012345678" };

  const first = await api.POST("/withdrawals", { params: { header }, body });
  const replayed = await api.POST("/withdrawals", { params: { header }, body });
  const reused = await api.POST("/withdrawals", {
    params: { header },
    body: { ...body, destination: "bank:HDFC0001234:9999999999" },
  });

  assert(first.data);
  assert.equal(first.data.status, "success");
  assert.equal(first.data.balanceCents, 10050);
  assert.deepEqual(replayed.data, first.data);
  assert.equal(replayed.response.headers.get("Idempotent-Replayed"), "true");
  // @ts-expect-error: only this error has the id of the earlier movement
  reused.error?.id;
  assert(reused.error?.code === "idempotency_key_reused");
  assert.equal(reused.error.id, first.data.id);
  assert.deepEqual(reused.error.differing, ["destination"]);
  return first.data.id;
}

async function withdrawTooMuch(): Promise<void> {
  const { error } = await api.POST("/withdrawals", {
    body: { amount: 5000, destination: "bank:HDFC0001234:5012345678" },
  });

  assert(error);
  // Every code of this operation, or else `never` is not what is left.
  switch (error.code) {
    case "insufficient_funds":
      assert.equal(error.message, "Insufficient balance or wallet not found");
      assert.match(error.detail, /100\.50 INR.*5000\.00 INR/);
      break;
    case "validation_failed":
      assert.fail(error.errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join());
    case "malformed_json":
    case "invalid_idempotency_key":
    case "invalid_on_behalf_of":
    case "missing_scope":
    case "user_unavailable":
    case "currency_mismatch":
    case "unauthenticated":
    case "request_entity_too_large":
    case "unsupported_media_type":
    case "idempotency_key_reused":
    case "limit_exceeded":
    case "email_unproved":
    case "wallet_frozen":
    case "rate_limited":
    case "busy":
    case "unavailable":
    case "out_of_service":
    case "internal_error":
      assert.fail(error.detail);
    default:
      error satisfies never;
  }
}

async function lookBack(withdrawalId: string): Promise<void> {
  const list = await api.GET("/withdrawals", { params: { query: { limit: 1, status: "success" } } });
  const one = await api.GET("/withdrawals/{withdrawalId}", { params: { path: { withdrawalId } } });
  const none = await api.GET("/withdrawals/{withdrawalId}", {
    params: { path: { withdrawalId: "67bc3e205d1e4a2b9c8d7e70" } },
  });
  const newest = await api.GET("/wallets/transactions", { params: { query: { limit: 1 } } });
  const cursor = newest.data?.nextCursor;
  assert(cursor);
  const older = await api.GET("/wallets/transactions", { params: { query: { limit: 1, cursor } } });
  const statement = await api.GET("/wallets/statement");
  const csv = await api.GET("/wallets/statement", {
    headers: { Accept: "text/csv" },
    parseAs: "text",
  });

  assert.deepEqual(list.data?.data, [one.data]);
  assert.equal(one.data?.history[0]?.status, "success");
  assert.equal(none.error?.code, "not_found");
  assert.equal(newest.data?.data[0]?.withdrawalId, withdrawalId);
  assert.equal(older.data?.data[0]?.type, "deposit");
  assert(typeof statement.data === "object");
  assert.equal(statement.data.closingBalanceCents, 10050);
  assert.equal(statement.data.entries.length, 3);
  assert(typeof csv.data === "string");
  assert.match(csv.data, /,withdrawal,/);
}

async function actForTheUser(): Promise<void> {
  const me = await api.GET("/auth/me");
  assert(me.data);
  const shop = createClient<paths>({
    baseUrl,
    headers: { Authorization: `Bearer ${backEndKey}`, "On-Behalf-Of": me.data.id },
  });

  const wallet = await shop.GET("/wallets");
  const refused = await shop.POST("/withdrawals", { body: { amount: 1, destination: "bank:1" } });

  assert.deepEqual(wallet.data, (await api.GET("/wallets")).data);
  assert(refused.error?.code === "missing_scope");
  assert.equal(refused.error.scope, "withdrawals");
}

async function leave(): Promise<void> {
  const renamed = await api.PATCH("/auth/me", { body: { lastName: "King" } });
  const out = await api.POST("/auth/logout", { body: { everywhere: true } });
  const after = await api.GET("/wallets");

  assert.equal(renamed.data?.lastName, "King");
  assert.equal(renamed.data?.firstName, "Ada");
  assert.equal(out.data?.message, "Logged out");
  assert.equal(after.error?.code, "unauthenticated");
}

await needsTheToken();
api.use(sending(await registerAndLogIn()));
await deposit();
await actForTheUser();
await depositWrongly();
const withdrawalId = await withdraw();
await withdrawTooMuch();
await lookBack(withdrawalId);
await leave();

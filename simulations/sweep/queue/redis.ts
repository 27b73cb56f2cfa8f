/**
 * The connection to the queue's Redis (or Valkey). Imports ioredis.
 *
 * Guarantees: no error and no line of ours holds the user's name or password. The client's own errors carry the arguments of the command that failed,
 * passwords among them: they never leave this file, not even as a cause.
 */
import { Redis } from "ioredis";
import { CofactorError } from "../../../shared/errors.ts";

/** Every key of ours begins with it; the braces keep all of them on one node of a cluster. */
export const prefix = "{cofactor}";

/** The variable that holds the password, for command lines that all users of a machine can read. */
export const passwordVariable = "COFACTOR_QUEUE_PASSWORD";

/** How long the first connection may take, and the longest pause between attempts of later ones. */
const patienceMs = 5_000;

/** An open connection. */
export interface QueueRedis {
  readonly client: Redis;
  /** Where it is, without user and password. */
  readonly place: string;
  close(): void;
}

/**
 * Connects. Later losses are mended in the background, and commands wait for it.
 *
 * @param onTrouble told once of each loss, and of the return
 * @throws CofactorError CONFIG_INVALID for what is no such URL; AUTH_FAILED; DISCONNECTED when nobody answers
 */
export async function openRedis(url: string, onTrouble: (line: string) => void): Promise<QueueRedis> {
  const parsed = parseQueueUrl(url);
  const place = placeOf(parsed);
  const password = process.env[passwordVariable];
  if (parsed.password === "" && password !== undefined) parsed.password = encodeURIComponent(password);
  let state: "opening" | "open" | "lost" | "closed" = "opening";
  let trouble: string | undefined;
  const client = new Redis(parsed.href, {
    lazyConnect: true,
    connectTimeout: patienceMs,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => (state === "opening" ? null : Math.min(attempt * 200, patienceMs)),
  });
  client.on("error", (error: unknown) => {
    trouble ??= troubleOf(error);
  });
  try {
    await client.connect();
  } catch (error) {
    trouble ??= troubleOf(error);
  }
  if (trouble !== undefined || client.status !== "ready") {
    client.disconnect();
    throw refusal(place, trouble ?? "no answer");
  }
  state = "open";
  client.on("close", () => {
    if (state !== "open") return;
    state = "lost";
    onTrouble(`the queue at ${place} is lost: trying again`);
  });
  client.on("ready", () => {
    if (state !== "lost") return;
    state = "open";
    onTrouble(`the queue at ${place} is back`);
  });
  return {
    client,
    place,
    close() {
      state = "closed";
      client.disconnect();
    },
  };
}

/** @throws CofactorError CONFIG_INVALID, without repeating what may hold a password */
function parseQueueUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "redis:" && url.protocol !== "rediss:") || url.hostname === "") {
    const got = url === undefined ? "no URL" : url.hostname === "" ? "one without a host" : `one of ${url.protocol}`;
    throw new CofactorError("CONFIG_INVALID", `"--queue" expected a URL such as redis://HOST:6379, got ${got}`);
  }
  return url;
}

function placeOf({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${/^\/\d+$/.test(pathname) ? pathname : ""}`;
}

/** The error's code, or the first word of what Redis answered: never its text. */
function troubleOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const word = typeof code === "string" ? code : String(message).split(" ")[0]!;
  return /^[A-Z][A-Z_0-9]{2,40}$/.test(word) ? word : "no answer";
}

function refusal(place: string, trouble: string): CofactorError {
  if (["WRONGPASS", "NOAUTH", "NOPERM"].includes(trouble))
    return new CofactorError("AUTH_FAILED", `the queue at ${place} expected another user or password (${trouble})`);
  return new CofactorError("DISCONNECTED", `the queue at ${place} cannot be reached (${trouble})`, { retryable: true });
}

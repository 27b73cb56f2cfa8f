/**
 * An operator's settings for `cofactor serve`: the one schema, its defaults, and what is secret in it. Imports valibot, registry, limits, enrolment.
 */
import * as v from "valibot";
import { CofactorError } from "../shared/errors.ts";
import { parseConfig, resolveSection } from "../shared/registry.ts";
import { gatewayName } from "./cluster/messages.ts";
import { enrolmentPolicies } from "./enrolment/index.ts";
import { type ConnectionLimits, connectionLimits, type SessionLimits, sessionLimits } from "./limits.ts";
import { isShared } from "./stores/enrolment.ts";

const text = v.pipe(v.string(), v.minLength(1));
/** The usual message would quote a token that is no text. */
const token = v.pipe(v.string("expected text"), v.minLength(16), v.maxLength(256));
const milliseconds = (value: number) => v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(2 ** 31 - 1)), value);

const tlsSchema = v.strictObject({
  /** Files in PEM; read again on SIGHUP. */
  cert: v.optional(text),
  key: v.optional(text),
  ca: v.optional(text),
  clientCertificates: v.optional(v.picklist(["none", "request", "require"]), "none"),
});

const settingsSchema = v.strictObject({
  terms: v.optional(text),
  store: v.optional(text),
  items: v.optional(text),
  itemFeatures: v.optional(text),
  listen: v.optional(
    v.strictObject({
      host: v.optional(text, "127.0.0.1"),
      port: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(65_535)), 8080),
      tls: v.optional(tlsSchema, {}),
      allowedOrigins: v.optional(v.array(text), []),
      trustedProxies: v.optional(v.array(text), []),
    }),
    {},
  ),
  log: v.optional(v.strictObject({ level: v.optional(v.picklist(["trace", "debug", "info", "warn", "error", "silent"]), "info") }), {}),
  limits: v.optional(v.strictObject({ ...connectionLimits, ...sessionLimits }), {}),
  enrolment: v.optional(v.looseObject({ kind: v.optional(v.string(), "open"), file: v.optional(text) }), {}),
  console: v.optional(v.strictObject({ token: v.optional(token) }), {}),
  tracing: v.optional(v.strictObject({ endpoint: v.optional(v.pipe(v.string(), v.url())), serviceName: v.optional(text, "cofactor") }), {}),
  cluster: v.optional(
    v.strictObject({
      role: v.optional(v.picklist(["single", "gateway", "coordinator"]), "single"),
      redis: v.optional(text),
      advertise: v.optional(v.pipe(v.string(), v.url())),
      name: v.optional(gatewayName),
      tls: v.optional(v.strictObject({ ca: v.optional(text), cert: v.optional(text), key: v.optional(text) }), {}),
      leaseMs: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(500), v.maxValue(600_000)), 2_000),
    }),
    {},
  ),
  shutdown: v.optional(v.strictObject({ drainMs: milliseconds(20_000), retryAfterMs: milliseconds(2_000) }), {}),
});

/** Resolved settings: every default filled in. Paths are those of files. */
export interface Settings {
  readonly terms?: string | undefined;
  /** Default: the run's name with .sqlite. */
  readonly store?: string | undefined;
  readonly items?: string | undefined;
  readonly itemFeatures?: string | undefined;
  readonly listen: {
    readonly host: string;
    readonly port: number;
    /** In PEM; read again on SIGHUP. Without `cert` there is no TLS. */
    readonly tls: {
      readonly cert?: string | undefined;
      readonly key?: string | undefined;
      readonly ca?: string | undefined;
      readonly clientCertificates: "none" | "request" | "require";
    };
    readonly allowedOrigins: readonly string[];
    readonly trustedProxies: readonly string[];
  };
  readonly log: { readonly level: string };
  readonly limits: ConnectionLimits & SessionLimits;
  /** A policy by its kind, its options, and the file that it is kept in; default: the store's name with .enrolment, or the data base. */
  readonly enrolment: { readonly kind: string; readonly file?: string | undefined; readonly [option: string]: unknown };
  /** What `/metrics` and `/status` ask for: secret. */
  readonly console: { readonly token?: string | undefined };
  /** Where spans go; without `endpoint` there are none. */
  readonly tracing: { readonly endpoint?: string | undefined; readonly serviceName: string };
  /** One of several servers: they share a PostgreSQL store and a Redis. */
  readonly cluster: {
    readonly role: "single" | "gateway" | "coordinator";
    /** May hold a password. */
    readonly redis?: string | undefined;
    /** Where gateways and keyholders reach a coordinator; default: where it listens. */
    readonly advertise?: string | undefined;
    /** Whom a gateway trusts as a coordinator instead of the usual authorities, and what it shows itself, in PEM. */
    readonly tls: { readonly ca?: string | undefined; readonly cert?: string | undefined; readonly key?: string | undefined };
    /** What the operator's console calls a gateway; default: its machine's name and its process' number. */
    readonly name?: string | undefined;
    /** After what time without a word another coordinator may lead. */
    readonly leaseMs: number;
  };
  readonly shutdown: { readonly drainMs: number; readonly retryAfterMs: number };
}

/** What `--print-config` shows in place of a secret. */
const masked = "(secret)";

/**
 * Fills in the defaults and checks every value.
 * @throws CofactorError CONFIG_INVALID with the path, what was expected and, for an unknown key, the nearest known one
 */
export function parseSettings(input: unknown): Settings {
  const settings = parseConfig(settingsSchema, input, "");
  const { file, ...section } = settings.enrolment;
  const { options } = resolveSection(enrolmentPolicies, section, "enrolment");
  const { cert, key, ca, clientCertificates } = settings.listen.tls;
  if ((cert === undefined) !== (key === undefined)) {
    throw new CofactorError("CONFIG_INVALID", '"listen.tls" expected a cert and its key, or neither');
  }
  if (cert === undefined && (ca !== undefined || clientCertificates !== "none")) {
    throw new CofactorError("CONFIG_INVALID", '"listen.tls.cert" expected a certificate beside "ca" or "clientCertificates"');
  }
  const { tls: own } = settings.cluster;
  if ((own.cert === undefined) !== (own.key === undefined)) {
    throw new CofactorError("CONFIG_INVALID", '"cluster.tls" expected a cert and its key, or neither');
  }
  assertCluster(settings);
  return { ...settings, enrolment: { ...options, ...(file === undefined ? {} : { file }) } };
}

function assertCluster({
  cluster,
  store,
  enrolment,
  items,
  tracing,
}: Pick<Settings, "cluster" | "store" | "enrolment" | "items" | "tracing">): void {
  const { role, redis } = cluster;
  if (role === "single") {
    if (redis !== undefined)
      throw new CofactorError("CONFIG_INVALID", '"cluster.redis" expected the role "gateway" or "coordinator" beside it');
    return;
  }
  if (redis === undefined) throw new CofactorError("CONFIG_INVALID", `"cluster.redis" expected a URL for the role "${role}"`);
  if (store === undefined || !isShared(store))
    throw new CofactorError("CONFIG_INVALID", `"store" expected postgres://... for the role "${role}": servers share it`);
  if (enrolment.file !== undefined)
    throw new CofactorError("CONFIG_INVALID", `"enrolment.file" expected none for the role "${role}": enrolment lies in the data base`);
  if (role === "gateway" && items !== undefined)
    throw new CofactorError("CONFIG_INVALID", '"items" expected at the coordinators: they publish the catalogue');
  if (role === "gateway" && tracing.endpoint !== undefined)
    throw new CofactorError("CONFIG_INVALID", '"tracing.endpoint" expected at the coordinators: they drive the rounds');
}

/** Settings as they may be shown: secrets masked. */
export function shownSettings(settings: Settings): Settings {
  const { store, console: page, cluster } = settings;
  const withoutPassword = store === undefined ? undefined : withoutSecret(store);
  return {
    ...settings,
    ...(withoutPassword === undefined ? {} : { store: withoutPassword }),
    ...(cluster.redis === undefined ? {} : { cluster: { ...cluster, redis: withoutSecret(cluster.redis) } }),
    ...(page.token === undefined ? {} : { console: { token: masked } }),
  };
}

function withoutSecret(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^:@/]*):[^@]*@/, `$1:${masked}@`);
}

/** A setting by its path, and whether its value is text as it stands, or YAML. */
export interface Leaf {
  readonly path: readonly string[];
  readonly isText: boolean;
}

/** Every setting there is, the options of all enrolment policies among them. */
export function settingLeaves(): readonly Leaf[] {
  const found = [...leavesOf(settingsSchema, [])];
  for (const { options } of enrolmentPolicies) found.push(...leavesOf(options, ["enrolment"]));
  const byName = new Map(found.map((leaf) => [leaf.path.join("."), leaf]));
  return [...byName.values()];
}

interface SchemaNode {
  readonly type: string;
  readonly entries?: Readonly<Record<string, SchemaNode>>;
  readonly wrapped?: SchemaNode;
}

function* leavesOf(schema: unknown, path: readonly string[]): Iterable<Leaf> {
  let node = schema as SchemaNode;
  while (node.wrapped !== undefined) node = node.wrapped;
  if (node.entries === undefined) yield { path, isText: ["string", "picklist", "literal"].includes(node.type) };
  else for (const [name, entry] of Object.entries(node.entries)) yield* leavesOf(entry, [...path, name]);
}

/** The tables of a PostgreSQL store, in a schema of their own, and how they are brought forward. Imports errors, the link's types. */
import { CofactorError } from "../../shared/errors.ts";
import type { PostgresLink } from "./postgres-link.ts";
import { ordersMigration } from "./postgres-orders.ts";

/** Entry i brings a data base from version i to i + 1. */
const migrations: readonly string[] = [
  `
  CREATE TABLE cofactor.runs (run text PRIMARY KEY, terms text NOT NULL, identity_seed bytea NOT NULL, epoch integer NOT NULL DEFAULT 0);
  CREATE TABLE cofactor.clients (run text NOT NULL REFERENCES cofactor.runs, client text NOT NULL, mark text NOT NULL,
    PRIMARY KEY (run, client));
  CREATE TABLE cofactor.counted (run text NOT NULL REFERENCES cofactor.runs, client text NOT NULL, round integer NOT NULL,
    PRIMARY KEY (run, client));
  CREATE TABLE cofactor.models (run text NOT NULL REFERENCES cofactor.runs, round integer NOT NULL, advanced integer NOT NULL,
    sha256 text NOT NULL, model bytea NOT NULL, state bytea NOT NULL, noise bytea, PRIMARY KEY (run, round));
  ALTER TABLE cofactor.models ALTER COLUMN model SET STORAGE EXTERNAL, ALTER COLUMN state SET STORAGE EXTERNAL;
  CREATE INDEX models_by_hash ON cofactor.models (run, sha256);
  CREATE TABLE cofactor.open_rounds (run text PRIMARY KEY REFERENCES cofactor.runs, round integer NOT NULL, stage integer NOT NULL,
    cohort jsonb NOT NULL);
  CREATE TABLE cofactor.answers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run text NOT NULL REFERENCES cofactor.runs,
    round integer NOT NULL, stage integer NOT NULL, client text NOT NULL, digest text NOT NULL, signature text NOT NULL, bytes bytea NOT NULL,
    UNIQUE (run, round, stage, client));
  ALTER TABLE cofactor.answers ALTER COLUMN bytes SET STORAGE EXTERNAL;
  CREATE TABLE cofactor.records (run text NOT NULL REFERENCES cofactor.runs, round integer NOT NULL, outcome text NOT NULL,
    invited integer NOT NULL, accepted integer NOT NULL, dropped integer NOT NULL, sha256 text NOT NULL, reason text NOT NULL, quality json,
    PRIMARY KEY (run, round));
  CREATE TABLE cofactor.ledger (run text NOT NULL REFERENCES cofactor.runs, seq integer NOT NULL, round integer NOT NULL, kind text NOT NULL,
    clients json NOT NULL, previous text NOT NULL, hash text NOT NULL, PRIMARY KEY (run, seq));
  CREATE FUNCTION cofactor.refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the ledger only grows'; END $$;
  CREATE TRIGGER ledger_is_not_changed BEFORE UPDATE OR DELETE ON cofactor.ledger
    FOR EACH ROW EXECUTE FUNCTION cofactor.refuse_change();
  CREATE TRIGGER ledger_is_not_emptied BEFORE TRUNCATE ON cofactor.ledger
    FOR EACH STATEMENT EXECUTE FUNCTION cofactor.refuse_change();
  CREATE TABLE cofactor.catalogues (run text NOT NULL REFERENCES cofactor.runs, version integer NOT NULL, whole bytea, delta bytea,
    PRIMARY KEY (run, version));
  CREATE TABLE cofactor.item_orders (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run text NOT NULL REFERENCES cofactor.runs,
    kind text NOT NULL, item text NOT NULL, mark text NOT NULL);
  CREATE INDEX item_orders_by_run ON cofactor.item_orders (run, seq);
  `,
  "ALTER TABLE cofactor.records ADD COLUMN contributors json",
  ordersMigration,
  `
  CREATE TABLE cofactor.inviter (id integer PRIMARY KEY CHECK (id = 1), seed bytea NOT NULL);
  CREATE TABLE cofactor.standings (seq bigint GENERATED ALWAYS AS IDENTITY, run text NOT NULL, client text NOT NULL, standing text NOT NULL,
    at_ms bigint NOT NULL, PRIMARY KEY (run, client));
  CREATE INDEX standings_by_standing ON cofactor.standings (run, standing, seq);
  CREATE TABLE cofactor.invitations (run text NOT NULL, hash text NOT NULL, expires_at_ms bigint NOT NULL, client text,
    PRIMARY KEY (run, hash));
  `,
];

/** The version of these tables. A newer data base is refused; older ones are brought forward. */
const schemaVersion = migrations.length;

/** Names the lock that those who bring one data base forward wait for. */
const migrationLock = 0x0c0fac;

/**
 * Brings the tables to this version, one server at a time.
 * @throws CofactorError STORE_FAILED for tables of a newer version, and where commits do not wait for the disk
 */
export async function migrate(link: PostgresLink): Promise<void> {
  await link.write(async ({ query }) => {
    await query("SELECT pg_advisory_xact_lock($1)", [migrationLock]);
    const [setting] = await query("SELECT current_setting('fsync') AS fsync");
    if (setting?.["fsync"] !== "on") {
      throw new CofactorError("STORE_FAILED", "the data base runs without fsync: what it acknowledges would not be durable");
    }
    const [place] = await query("SELECT to_regclass('cofactor.schema_version') IS NOT NULL AS is_there");
    if (place?.["is_there"] !== true) {
      await query("CREATE SCHEMA IF NOT EXISTS cofactor");
      await query("CREATE TABLE cofactor.schema_version (version integer NOT NULL)");
      await query("INSERT INTO cofactor.schema_version VALUES (0)");
    }
    const found = Number((await query("SELECT version FROM cofactor.schema_version"))[0]?.["version"]);
    if (!(found <= schemaVersion)) {
      throw new CofactorError("STORE_FAILED", `the store has version ${found}, this server knows ${schemaVersion}: update the server`);
    }
    for (const migration of migrations.slice(found)) await query(migration);
    if (found < schemaVersion) await query("UPDATE cofactor.schema_version SET version = $1", [schemaVersion]);
  });
}

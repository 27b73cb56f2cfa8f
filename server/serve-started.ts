/** What every role of `cofactor serve` is started with. Imports types. */
import type pino from "pino";
import type { Run } from "../shared/run.ts";
import type { Reload } from "./serve-reload.ts";
import type { Settings } from "./settings.ts";
import type { ListenOptions } from "./socket.ts";
import type { RoundTracer } from "./tracing.ts";

/** Settings, and what was made of them. */
export interface Started {
  readonly settings: Settings;
  readonly run: Run;
  readonly tls: ListenOptions["tls"];
  /** The items that are to be live, where they come and go. */
  readonly names: readonly string[] | undefined;
  readonly log: pino.Logger;
  readonly tracer: RoundTracer | undefined;
  /** Reads files again on SIGHUP. */
  readonly reload: Reload;
  /** Aborted when the operator ends the server. */
  readonly signal: AbortSignal;
}

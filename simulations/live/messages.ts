/** What the live run says to a process that hosts devices, and what that says back. Imports nothing. */

/** One device to host: a user of the data and its training ratings. */
export interface HostedDevice {
  readonly user: number;
  readonly items: readonly number[];
  readonly values: readonly number[];
}

/** To a host. */
export type HostOrder =
  | {
      readonly kind: "start";
      readonly url: string;
      readonly run: string;
      readonly protections: readonly string[];
      readonly devices: readonly HostedDevice[];
      /** Each device leaves the connection after so many rounds of its own; by default at the run's end, when it is still asked to recommend. */
      readonly rounds?: number;
    }
  /** Ends the connections of all devices and forgets them; others may be started. */
  | { readonly kind: "dismiss" }
  | { readonly kind: "recommend"; readonly user: number; readonly count: number }
  | { readonly kind: "stop" };

/** From a host. */
export type HostReport =
  | { readonly kind: "joined"; readonly devices: number }
  | { readonly kind: "asked"; readonly user: number; readonly round: number }
  | { readonly kind: "ended"; readonly user: number; readonly bytesUp: number; readonly bytesDown: number }
  | { readonly kind: "recommended"; readonly user: number; readonly items: readonly { readonly item: number; readonly score: number }[] }
  | { readonly kind: "failed"; readonly user: number; readonly code: string; readonly message: string };

/**
 * The seam for what a device keeps: bytes by name. Implementations in stores/, one conformance suite for all. Imports nothing.
 *
 * Guarantees every store gives: `set` has settled only when the bytes are there after the end of the process (as far as the
 * platform allows); a `get` never sees half of a `set`; what comes out shares no memory with what went in.
 */
export interface ClientStore {
  get(key: string): Promise<Uint8Array | undefined>;
  set(key: string, bytes: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
  close(): Promise<void>;
}

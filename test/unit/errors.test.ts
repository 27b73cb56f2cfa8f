/** What may be said to a peer about an error. */
import { describe, expect, it } from "vitest";
import { CofactorError, fromWireError, isCofactorError, toWireError } from "../../shared/errors.ts";

describe("toWireError", () => {
  it("gives code, message and retryable, and neither cause nor details", () => {
    const error = new CofactorError("ROUND_CLOSED", "round 3 is over", { details: { a: 1 }, cause: new Error("inner"), retryable: true });
    expect(toWireError(error)).toEqual({ code: "ROUND_CLOSED", message: "round 3 is over", retryable: true });
  });

  it("hides the message of INTERNAL errors and of errors that are not ours", () => {
    for (const error of [new CofactorError("INTERNAL", "secret 42"), new Error("secret 42"), "secret 42"]) {
      const wire = toWireError(error);
      expect(wire.code).toBe("INTERNAL");
      expect(wire.message).not.toContain("42");
    }
  });
});

describe("fromWireError", () => {
  it("keeps a known code and says that it came from the peer", () => {
    const error = fromWireError({ code: "REPLAYED", message: "again", retryable: false });
    expect(isCofactorError(error)).toBe(true);
    expect(error.code).toBe("REPLAYED");
    expect(error.details).toEqual({ remote: true });
  });

  it("turns an unknown code into INTERNAL and cuts a long message", () => {
    const error = fromWireError({ code: "constructor", message: "x".repeat(1000), retryable: false });
    expect(error.code).toBe("INTERNAL");
    expect(error.message.length).toBe(500);
  });
});

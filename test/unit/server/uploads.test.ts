/** Answers in chunks: order, repeats, limits. */
import { describe, expect, it } from "vitest";
import { type Chunk, Uploads } from "../../../server/uploads.ts";

const whole = Uint8Array.of(1, 2, 3, 4, 5, 6);
const chunk = (offset: number, end: number, changes: Partial<Chunk> = {}): Chunk => ({
  digest: "d",
  total: whole.length,
  offset,
  bytes: whole.slice(offset, end),
  ...changes,
});

describe("uploads", () => {
  it("hand over the whole answer with its last chunk", () => {
    const uploads = new Uploads();
    expect(uploads.take("a", chunk(0, 2), 6)).toBeUndefined();
    expect(uploads.received("a")).toBe(2);
    expect(uploads.take("a", chunk(2, 6), 6)).toEqual(whole);
  });

  it("take a repeat as one, and keep what they have: other bytes in a repeat change nothing", () => {
    const uploads = new Uploads();
    uploads.take("a", chunk(0, 4), 6);
    expect(uploads.take("a", chunk(0, 2, { bytes: Uint8Array.of(9, 9) }), 6)).toBeUndefined();
    expect(uploads.received("a")).toBe(4);
    expect(uploads.take("a", chunk(3, 6), 6)).toEqual(whole);
  });

  it.each([
    ["a gap", chunk(4, 6)],
    ["no bytes", chunk(2, 2)],
    ["bytes beyond the total", chunk(2, 6, { bytes: new Uint8Array(5) })],
    ["another total", chunk(2, 6, { total: 5 })],
    ["another digest in the middle", chunk(2, 6, { digest: "e" })],
  ])("refuse %s and keep what they have", (_name, bad) => {
    const uploads = new Uploads();
    uploads.take("a", chunk(0, 2), 6);
    expect(() => uploads.take("a", bad, 6)).toThrow(expect.objectContaining({ code: "MESSAGE_MALFORMED" }));
    expect(uploads.take("a", chunk(2, 6), 6)).toEqual(whole);
  });

  it("refuse a total beyond the limit before they keep a byte", () => {
    const uploads = new Uploads();
    expect(() => uploads.take("a", chunk(0, 2, { total: 2 ** 50 }), 6)).toThrow(expect.objectContaining({ code: "MESSAGE_TOO_LARGE" }));
    expect(uploads.received("a")).toBe(0);
  });

  it("begin anew with another answer, and keep clients apart", () => {
    const uploads = new Uploads();
    uploads.take("a", chunk(0, 4), 6);
    uploads.take("b", chunk(0, 2), 6);
    uploads.take("a", chunk(0, 1, { digest: "e" }), 6);
    expect([uploads.received("a"), uploads.received("b")]).toEqual([1, 2]);
    uploads.drop("a");
    expect([uploads.received("a"), uploads.received("b")]).toEqual([0, 2]);
    uploads.clear();
    expect(uploads.received("b")).toBe(0);
  });

  it("are bounded together by what they announce: a further one waits until another is finished or dropped", () => {
    const uploads = new Uploads();
    uploads.take("a", chunk(0, 1), 6, 11);
    const wait = { code: "RATE_LIMITED", retryable: true, retryAfterMs: 1_000 };
    expect(() => uploads.take("b", chunk(0, 1), 6, 11)).toThrow(expect.objectContaining(wait));
    expect([uploads.bytes, uploads.received("b")]).toEqual([6, 0]);
    // The same client's next answer takes its last one's place.
    uploads.take("a", chunk(0, 1, { digest: "other" }), 6, 11);
    expect(uploads.bytes).toBe(6);
    uploads.drop("a");
    uploads.drop("a");
    uploads.take("b", chunk(0, 1), 6, 11);
    expect(uploads.bytes).toBe(6);
    uploads.clear();
    expect(uploads.bytes).toBe(0);
  });

  it("take one answer, however long, when no other is there", () => {
    expect(new Uploads().take("a", chunk(0, 6), 6, 1)).toEqual(whole);
  });
});

/** What has no wire form: a user's ratings and a model's private part. The compiler refuses them, and so does every codec when asked anyway. */
import { describe, expect, expectTypeOf, it } from "vitest";
import type { Client, ClientOptions, Recommendation } from "../../client/index.ts";
import { concatenate, toBase64url, toHex } from "../../shared/crypto/encoding.ts";
import { digestOf } from "../../shared/crypto/hash.ts";
import type { UserRatings } from "../../shared/math/ratings.ts";
import { PrivatePart } from "../../shared/models/private-part.ts";
import type { DeviceHalf } from "../../shared/protections/protection.ts";
import { canonicalJson } from "../../shared/terms.ts";
import { type Channel, headerBytes, type Packet } from "../../shared/transport.ts";
import { encodeFixed } from "../../shared/wire/fixed-point.ts";
import { type MessageKind, type Messages, type ModelRef, parseAnswer, parseRequest } from "../../shared/wire/messages.ts";
import { applyDelta, encodeDelta, encodeModel } from "../../shared/wire/model-codec.ts";

const part = new PrivatePart(Float64Array.of(0.125, -3));
const ratings: UserRatings = { items: Int32Array.of(1, 4), values: Float64Array.of(5, 2.5) };
const kinds: readonly MessageKind[] = [
  "hello",
  "join",
  "pull",
  "catalogue",
  "ask",
  "answer",
  "published",
  "abandoned",
  "leave",
  "open",
  "opened",
];

/** All that a header's field may be: nothing that holds a list of numbers. */
type Field = string | number | boolean | ModelRef | undefined;
type FieldsOf<T> = T extends Readonly<Record<string, never>> ? never : T[keyof T];

/** Never run: each line must be refused by the compiler, or the whole tree does not compile. */
function refusedByTheCompiler(channel: Channel, half: DeviceHalf, bytes: Uint8Array, client: Client): void {
  // @ts-expect-error a model's codec takes flat vectors
  encodeModel(part, "float64");
  // @ts-expect-error nor ratings
  encodeModel(ratings, "float64");
  // @ts-expect-error fixed point takes flat vectors
  encodeFixed(part, { maxAbs: 1, fractionBits: 8 });
  // @ts-expect-error nor ratings
  encodeFixed(ratings, { maxAbs: 1, fractionBits: 8 });
  // @ts-expect-error a difference is between bytes
  void encodeDelta(part, bytes, "float64");
  // @ts-expect-error a difference is between bytes
  void applyDelta(bytes, ratings, "float64");
  // @ts-expect-error a seal takes a contribution
  void half.answer(0, bytes, part);
  // @ts-expect-error a seal takes a contribution
  void half.answer(0, bytes, ratings);
  // @ts-expect-error bytes alone travel
  void channel.request("answer", { header: {}, payload: part });
  // @ts-expect-error not even the bare numbers
  void channel.request("answer", { header: {}, payload: part.values });
  // @ts-expect-error ratings are no header
  void channel.request("answer", { header: ratings, payload: bytes });
  // @ts-expect-error nor is a private part
  void channel.request("answer", { header: part, payload: bytes });
  // @ts-expect-error bytes as text
  toBase64url(part);
  // @ts-expect-error bytes as text
  toHex(ratings.values);
  // @ts-expect-error bytes in blocks
  concatenate(bytes, part);
  // @ts-expect-error bytes to hash
  void digestOf(ratings);
  // @ts-expect-error a client hands out recommendations, not what they come from
  client.ratings;
  // @ts-expect-error a client hands out recommendations, not what they come from
  client.privatePart;
}

describe("ratings and private parts", () => {
  it("are refused by the compiler wherever bytes are made", () => {
    expectTypeOf(refusedByTheCompiler).returns.toBeVoid();
  });

  it("are in no header of any message", () => {
    expectTypeOf<FieldsOf<{ [K in MessageKind]: FieldsOf<Messages[K]["request"]> }>>().toExtend<Field>();
    expectTypeOf<FieldsOf<{ [K in MessageKind]: FieldsOf<Messages[K]["answer"]> }>>().toExtend<Field>();
    expectTypeOf<UserRatings>().not.toExtend<Packet["payload"]>();
    expectTypeOf<PrivatePart>().not.toExtend<Packet["payload"]>();
    expectTypeOf<UserRatings>().not.toExtend<Field>();
    expectTypeOf<PrivatePart>().not.toExtend<Field>();
  });

  it("go into a client and do not come out of it", () => {
    expectTypeOf<ClientOptions["ratings"]>().toEqualTypeOf<Iterable<readonly [item: number | string, value: number]>>();
    expectTypeOf<ReturnType<Client["recommend"]>>().toEqualTypeOf<Recommendation[]>();
    expectTypeOf<Extract<keyof Client, "ratings" | "privatePart" | "store" | "vault">>().toEqualTypeOf<never>();
  });

  it("are refused by the schema of every message, under any name", () => {
    for (const kind of kinds) {
      for (const secret of [part, ratings, part.values, ratings.values, [...ratings.values]]) {
        for (const name of ["ratings", "private", "values", "round", "model"]) {
          expect(() => parseRequest(kind, { [name]: secret }), `${kind}.${name}`).toThrow(/MESSAGE_MALFORMED|expected/);
          expect(() => parseAnswer(kind, { [name]: secret }), `${kind}.${name}`).toThrow(/MESSAGE_MALFORMED|expected/);
        }
      }
    }
  });

  it("are refused as text: a private part has no JSON, and canonical JSON takes plain data alone", () => {
    expect(() => JSON.stringify(part)).toThrow(TypeError);
    expect(() => JSON.stringify({ header: { deep: [part] } })).toThrow(TypeError);
    expect(() => headerBytes({ part })).toThrow(TypeError);
    expect(() => canonicalJson(part)).toThrow(TypeError);
    expect(() => canonicalJson({ terms: [part] })).toThrow(TypeError);
    expect(() => canonicalJson(ratings)).toThrow(TypeError);
  });

  it("are refused by the codecs of numbers when the compiler is got round", async () => {
    for (const secret of [part, ratings] as unknown as Float64Array[]) {
      const bytes = new Uint8Array(16);
      expect(encodeModelOrNothing(secret)).toHaveLength(0);
      expect(encodeFixedOrNothing(secret)).toHaveLength(0);
      expect(await encodeDelta(secret as unknown as Uint8Array, bytes, "float64")).toBeUndefined();
    }
  });
});

/** The codec's bytes, none when it throws. */
function encodeModelOrNothing(values: Float64Array): ArrayLike<number> {
  try {
    return encodeModel(values, "float64");
  } catch {
    return [];
  }
}

/** The codec's integers, none when it throws. */
function encodeFixedOrNothing(values: Float64Array): ArrayLike<number> {
  try {
    return encodeFixed(values, { maxAbs: 8, fractionBits: 8 }).integers;
  } catch {
    return [];
  }
}

/**
 * The private part of FedRAP: what it holds, where, and what it begins with. Imports options' types, random, private-part.ts.
 *
 * values: [rounds taken part in | w | b | g | D], D in single precision, two entries in the bits of a double: half the memory of a table
 * that every device keeps. A double whose upper half is a finite single is finite, so that stores and checks see numbers.
 */
import { createRng } from "../random.ts";
import { drawFactors } from "./descent.ts";
import { PrivatePart } from "./private-part.ts";

/** Sizes of a part, and what tables begin with. */
export interface PartShape {
  readonly items: number;
  readonly rank: number;
  /** Entries of g. */
  readonly features: number;
  readonly hasTable: boolean;
  readonly initialPersonalStddev: number;
}

/** A part taken apart, for training: copies. */
export interface OpenPart {
  readonly rounds: number;
  /** [rank + 1 + features] w, b, g. */
  readonly own: Float64Array;
  /** [items x rank] D. */
  readonly personal: Float32Array | undefined;
}

/** Makes, opens and reads private parts. */
export interface PartCodec {
  /** The part of a device that has not trained: the same for everyone, as published. It holds no table yet. */
  readonly initial: Float64Array;
  /** Copies, into a part that can be kept; the table begins as everyone's does. */
  open(part: PrivatePart): { readonly next: PrivatePart; readonly opened: OpenPart };
  /** Views for scoring. */
  view(part: PrivatePart): OpenPart;
}

/** The codec for parts of this shape. */
export function createPartCodec({ items, rank, features, hasTable, initialPersonalStddev }: PartShape): PartCodec {
  const head = rank + 2 + features;
  const size = items * rank;
  // The published code gives every device a copy of one draw: this one, which nobody has to be sent.
  const rng = createRng(0, "fedrap");
  const bound = 1 / Math.sqrt(rank);
  const initial = new Float64Array(head);
  for (let f = 1; f <= rank + 1; f++) initial[f] = bound * (2 * rng.float() - 1);
  const startTable = new Float32Array(hasTable ? size : 0);
  if (hasTable && initialPersonalStddev > 0) startTable.set(drawFactors(rng.fork("personal"), items, rank, 0, initialPersonalStddev));

  const view = ({ values }: PrivatePart): OpenPart => ({
    rounds: values[0]!,
    own: values.subarray(1, head),
    personal: !hasTable
      ? undefined
      : values.length > head
        ? new Float32Array(values.buffer, values.byteOffset + 8 * head, size)
        : startTable,
  });
  return {
    initial,
    view,
    open(part) {
      const values = new Float64Array(head + (hasTable ? Math.ceil(size / 2) : 0));
      values.set(part.values);
      const next = new PrivatePart(values);
      const opened = view(next);
      if (part.values.length === head) opened.personal?.set(startTable);
      return { next, opened };
    },
  };
}

/** Every adversary. A new one is a file and a line here. */
import { littleIsEnough } from "./a-little-is-enough.ts";
import type { AdversaryDefinition } from "./adversary.ts";
import { collective } from "./collective.ts";
import { control } from "./control.ts";
import { freeRider } from "./free-rider.ts";
import { garble } from "./garble.ts";
import { gaussian } from "./gaussian.ts";
import { innerProduct } from "./inner-product.ts";
import { itemNuke } from "./item-nuke.ts";
import { itemPush } from "./item-push.ts";
import { labelShift } from "./label-shift.ts";
import { overflow } from "./overflow.ts";
import { replay } from "./replay.ts";
import { scaled } from "./scaled.ts";
import { signFlip } from "./sign-flip.ts";
import { straggler } from "./straggler.ts";
import { sybil } from "./sybil.ts";
import { weightLie } from "./weight-lie.ts";

/** The adversaries that a scenario may name: those that change vectors, then ratings, then answers. */
export const adversaries: readonly AdversaryDefinition[] = [
  control,
  signFlip,
  scaled,
  weightLie,
  gaussian,
  littleIsEnough,
  innerProduct,
  labelShift,
  itemPush,
  itemNuke,
  sybil,
  collective,
  freeRider,
  straggler,
  replay,
  garble,
  overflow,
];

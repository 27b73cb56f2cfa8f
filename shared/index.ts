/** The public entry for what server, client and simulations share: `cofactor/shared`. */
export type { CatalogueTerms } from "./catalogue/rules.ts";
export { defineRun } from "./define-run.ts";
export { CofactorError, type ErrorCode, errorCodes, isCofactorError } from "./errors.ts";
export type { EvaluationTerms, RoundQuality } from "./evaluation/evaluation.ts";
export { holdOuts } from "./evaluation/hold-outs/index.ts";
export type { RatingMatrix, UserRatings } from "./math/ratings.ts";
export { type TermVectors, termVectors, wordsOf } from "./math/tf-idf.ts";
export { models } from "./models/index.ts";
export type {
  Aggregate,
  ItemFeatures,
  ItemVectors,
  Model,
  ModelDefinition,
  ModelShape,
  ModelState,
  ParameterSpec,
} from "./models/model.ts";
export { PrivatePart } from "./models/private-part.ts";
export { planRun } from "./plan-run.ts";
export { protections } from "./protections/index.ts";
export type { AggregatorHalf, DeviceHalf, Opener, Protection, ProtectionDefinition, RoundFrame } from "./protections/protection.ts";
export { createRng, type Rng, type SecureRng, secureRng } from "./random.ts";
export type { Division, DivisionDefinition, ValuedGroup } from "./rewards/division.ts";
export { divisions } from "./rewards/divisions/index.ts";
export type { Game } from "./rewards/game.ts";
export type { Claims, Scheme, SchemeDefinition } from "./rewards/scheme.ts";
export { schemes } from "./rewards/schemes/index.ts";
export type { DeviceReward, RewardTerms } from "./rewards/terms.ts";
export { rules } from "./rules/index.ts";
export type { Rule, RuleDefinition } from "./rules/rule.ts";
export { openRun, type Run } from "./run.ts";
export type { RunExtras } from "./run-parts.ts";
export { sharings } from "./sharing/index.ts";
export type { Scattered, Sharing, SharingDefinition } from "./sharing/sharing.ts";
export type { RangeInput, RunTerms, TermsInput } from "./terms.ts";
export { type Channel, type Connector, createMemoryPair } from "./transport.ts";

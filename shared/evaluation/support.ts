/** What makes devices judge models, as one part that is loaded when terms ask for it: a page without does without. Imports evaluation. */
import { createEvaluation, readEvaluation, withRoom } from "./evaluation.ts";

/** Reads the section of terms, makes room for what is found, and makes the evaluation itself. */
export interface EvaluationSupport {
  readonly readEvaluation: typeof readEvaluation;
  readonly withRoom: typeof withRoom;
  readonly createEvaluation: typeof createEvaluation;
}

/** The support itself. */
export const evaluationSupport: EvaluationSupport = Object.freeze({ readEvaluation, withRoom, createEvaluation });

/**
 * Samples that nobody chose are not negatives but unlabelled: some of them would be liked. With the share p of those, what unlabelled samples
 * lose as negatives is too much by p times what chosen ones would lose so; the rest is an estimate of a loss and counts no less than zero.
 *
 * Loss over chosen C and drawn D, with z a logit, s = log(1 + e^z) and d = p |D| / |C|:
 * sum over C of log(1 + e^-z) + max(0, sum over D of s - d sum over C of s). p = 0 is the ordinary logistic loss.
 *
 * Source: Kiryo et al. 2017, equation 6, https://arxiv.org/abs/1703.00593, with unlabelled samples drawn from what is not chosen. Imports valibot.
 */
import * as v from "valibot";

/** The option: the share of a person's unrated items that the person would choose. */
export const classPrior: v.OptionalSchema<v.GenericSchema<number>, number> = v.optional(
  v.pipe(v.number(), v.minValue(0), v.maxValue(0.5)),
  0,
);

/** What one logit, and its sigmoid, weigh in the second term. */
export interface UnlabelledTerm {
  /** Of a drawn sample: 1, or 0 where the term is held at zero. */
  readonly drawn: number;
  /** Of a chosen one: -d, or 0. */
  readonly chosen: number;
}

const ordinary: UnlabelledTerm = { drawn: 1, chosen: 0 };
const held: UnlabelledTerm = { drawn: 0, chosen: 0 };

/**
 * The second term's weights at the logits that there are.
 * @param ratio drawn samples for each chosen one
 * @param drawnLoss sum over the drawn samples of log(1 + e^z); `chosenLoss` the same over the chosen ones
 */
export function unlabelledTerm(prior: number, ratio: number, drawnLoss: number, chosenLoss: number): UnlabelledTerm {
  if (prior === 0) return ordinary;
  const discount = prior * ratio;
  return drawnLoss < discount * chosenLoss ? held : { drawn: 1, chosen: -discount };
}

/** log(1 + e^x) without overflow. */
export function softplus(x: number): number {
  return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
}

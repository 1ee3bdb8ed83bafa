/** A variant as the choice sees it. `due` is the choice's own account of what the variant is owed. */
export interface Weighted {
  readonly weight: number
  due: number
}

/**
 * Chooses by weight, spreading each variant's share evenly over time rather than by chance: of any run of
 * requests a variant gets its share to within one request per variant. Each candidate's due grows by its
 * weight, the one that is owed most is chosen and pays the sum.
 *
 * @returns undefined when no candidate has weight
 */
export function chooseByWeight<V extends Weighted>(candidates: readonly V[]): V | undefined {
  let chosen: V | undefined
  let sum = 0
  for (const candidate of candidates) {
    if (candidate.weight <= 0) continue
    sum += candidate.weight
    candidate.due += candidate.weight
    if (chosen === undefined || candidate.due > chosen.due) chosen = candidate
  }
  if (chosen) chosen.due -= sum
  return chosen
}

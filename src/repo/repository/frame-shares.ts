/** What each member of a frame takes of its stored bytes. */

/** At least 1 each, so that a frame with a live member never counts as dead. */
export function shareStoredBytes(payloadBytes: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) =>
    Math.max(1, total === 0 ? 0 : Math.round((payloadBytes * weight) / total)),
  );
}

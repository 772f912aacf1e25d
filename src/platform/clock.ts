/** The clock that durations are measured with. The time of day is the platform's `clock`. */

/** Milliseconds since the process began, in fractions. Never set back or forward. */
export function monotonicMs(): number {
  return performance.now();
}

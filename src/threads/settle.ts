/** Waiting for work that goes on side by side. */

/**
 * Waits until all of `work` has ended, then fails as the first of it that failed: descriptors and
 * memory that the rest works on must stay until then.
 */
export async function settleAll<T>(work: readonly Promise<T>[]): Promise<T[]> {
  let failure: { readonly error: unknown } | undefined;
  const results = await Promise.all(
    work.map((one) =>
      one.catch((error: unknown) => {
        failure ??= { error };
        return undefined as T;
      }),
    ),
  );
  if (failure) throw failure.error;
  return results;
}

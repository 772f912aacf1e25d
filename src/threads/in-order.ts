/** Hands on the results of jobs that run side by side in the order of the jobs. */

/** How far a run goes ahead. */
export interface Ahead {
  /** Jobs under way at once. */
  readonly running: number;
  /** Jobs that were started and whose results were not handed on yet. */
  readonly started: number;
}

/** Gives `take` the result of every job, in the jobs' order. @throws what a job or `take` throws */
export async function runInOrder<Job, Result>(
  jobs: readonly Job[],
  { running, started }: Ahead,
  run: (job: Job) => Promise<Result>,
  take: (result: Result, job: Job) => Promise<void>,
): Promise<void> {
  const results: Promise<Result>[] = [];
  let next = 0;
  let active = 0;
  let hasFailed = false;
  const start = (): void => {
    while (!hasFailed && active < running && results.length < started && next < jobs.length) {
      active += 1;
      const result = run(jobs[next++] as Job);
      result.then(ended, failed);
      results.push(result);
    }
  };
  const ended = (): void => {
    active -= 1;
    start();
  };
  /** Who waits for the result learns of its failure. */
  const failed = (): void => {
    hasFailed = true;
  };
  for (const job of jobs) {
    start();
    await take(await (results[0] as Promise<Result>), job);
    void results.shift();
  }
}

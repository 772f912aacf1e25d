/** A lane that does its jobs at once, on the calling thread: for tests, and where threads are not available. */
import type { Lane, LaneEvents, JobRequest } from './pool.js';

/** What does the jobs of a lane, until it is closed. */
export interface JobRunner<Job> {
  run(job: Job): unknown;
  close(): void;
}

export function inlineLanes<Job>(
  createRunner: () => JobRunner<Job>,
): (events: LaneEvents) => Lane<Job> {
  return (events) => {
    const runner = createRunner();
    return {
      post({ id, job }: JobRequest<Job>) {
        try {
          events.done(id, runner.run(job));
        } catch (error) {
          events.failed(id, error as Error);
        }
      },
      close() {
        runner.close();
        return Promise.resolve();
      },
    };
  };
}

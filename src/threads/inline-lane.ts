/** A lane that does its jobs at once, on the calling thread: for tests, and where threads are not available. */
import type { JobRunner, Lane, LaneEvents, JobRequest } from './pool.js';

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

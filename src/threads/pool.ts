/**
 * A pool of lanes, each of which does one job at a time, in the order in which it was given them. A job
 * goes to the idlest lane, or to a lane by number where what the lane holds is needed. A lane is a
 * thread (`thread-lane.ts`) or runs its jobs on the calling thread (`inline-lane.ts`), and is opened
 * for its first job.
 */

/** What may be asked of a lane: plain data, told apart by `type`. */
export interface AnyJob {
  readonly type: string;
}

/** What a lane is sent. */
export interface JobRequest<Job> {
  readonly id: number;
  readonly job: Job;
}

export interface Lane<Job> {
  post(request: JobRequest<Job>): void;
  /** Ends it, the job at hand at its next call; what it has not answered stays so. */
  close(): Promise<void>;
}

/** What does the jobs of a lane, until it is closed. */
export interface JobRunner<Job> {
  run(job: Job): unknown;
  close(): void;
}

/** What a lane tells its pool. */
export interface LaneEvents {
  done(id: number, result: unknown): void;
  failed(id: number, error: Error): void;
  /** It does nothing more. */
  died(error: Error): void;
}

/** `Results` has what each type of job gives. */
export interface Pool<Job extends AnyJob, Results extends Record<Job['type'], unknown>> {
  readonly laneCount: number;
  /** The lane with the fewest unanswered jobs; one that is open is preferred within the start cost. */
  idlestLane(): number;
  /** The lanes that were given a job already. */
  startedLanes(): number[];
  run<J extends Job>(job: J, lane?: number): Promise<Results[J['type']]>;
  /**
   * Ends all lanes; when it resolves, none of them does anything any more. Unanswered jobs fail with
   * `reason` at once; without one they stay unanswered. Later jobs fail.
   */
  close(reason?: Error): Promise<void>;
}

export interface PoolOptions<Job> {
  readonly laneCount: number;
  /** Unanswered jobs that another job rather waits behind than to have a new lane opened for it. */
  readonly startCost: number;
  readonly open: (events: LaneEvents) => Lane<Job>;
  /**
   * The job that each lane is given first. A lane that was begun holds more than its jobs say: if it
   * dies, later jobs of it fail. Others are opened once more.
   */
  readonly begin?: ((lane: number) => Job) | undefined;
}

/** A pool as a plain object, so that one of its functions can be replaced by itself. */
export function createPool<Job extends AnyJob, Results extends Record<Job['type'], unknown>>(
  options: PoolOptions<Job>,
): Pool<Job, Results> {
  const lanes = new Lanes<Job>(options);
  const { laneCount } = options;
  return {
    laneCount,
    idlestLane: () => lanes.idlest(),
    startedLanes: () => lanes.started(),
    run: <J extends Job>(job: J, lane = lanes.idlest()) =>
      lanes.run(job, lane) as Promise<Results[J['type']]>,
    close: (reason) => lanes.close(reason),
  };
}

interface Settle {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The lanes of a pool, from the first job to the end. */
class Lanes<Job> {
  private readonly options: PoolOptions<Job>;
  private readonly lanes = new Map<number, Lane<Job>>();
  /** For each lane, its unanswered jobs by their ids. */
  private readonly waiting: readonly Map<number, Settle>[];
  private readonly dead = new Map<number, Error>();
  private closed: Error | undefined;
  private readonly closing: Promise<void>[] = [];
  private nextId = 0;

  constructor(options: PoolOptions<Job>) {
    this.options = options;
    this.waiting = Array.from({ length: options.laneCount }, () => new Map<number, Settle>());
  }

  idlest(): number {
    const costs = this.waiting.map(
      ({ size }, lane) => size + (this.lanes.has(lane) ? 0 : this.options.startCost),
    );
    return costs.indexOf(Math.min(...costs));
  }

  started(): number[] {
    return [...this.lanes.keys()];
  }

  run(job: Job, lane: number): Promise<unknown> {
    const failure = this.closed ?? this.dead.get(lane);
    if (failure) return Promise.reject(failure);
    return new Promise((resolve, reject) => {
      const id = this.nextId++;
      this.waiting[lane]?.set(id, { resolve, reject });
      (this.lanes.get(lane) ?? this.open(lane)).post({ id, job });
    });
  }

  async close(reason?: Error): Promise<void> {
    this.closed ??= reason ?? new Error('the workers are closed');
    if (reason) for (const lane of this.lanes.keys()) this.failAll(lane, reason);
    for (const lane of this.lanes.values()) this.closing.push(lane.close());
    this.lanes.clear();
    await Promise.all(this.closing);
  }

  private open(lane: number): Lane<Job> {
    const { open, begin } = this.options;
    const opened = open({
      done: (id, result) => this.take(lane, id)?.resolve(result),
      failed: (id, error) => this.take(lane, id)?.reject(error),
      died: (error) => {
        this.lanes.delete(lane);
        if (begin) this.dead.set(lane, error);
        this.failAll(lane, error);
      },
    });
    this.lanes.set(lane, opened);
    if (begin) opened.post({ id: this.nextId++, job: begin(lane) });
    return opened;
  }

  private take(lane: number, id: number): Settle | undefined {
    const job = this.waiting[lane]?.get(id);
    this.waiting[lane]?.delete(id);
    return job;
  }

  private failAll(lane: number, error: Error): void {
    for (const job of this.waiting[lane]?.values() ?? []) job.reject(error);
    this.waiting[lane]?.clear();
  }
}

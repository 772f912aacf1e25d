/** Signals that end a run: what is half done is undone first. */

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
type SignalName = keyof typeof SIGNALS;

/** The run was ended from outside. */
export class Interrupted extends Error {
  readonly signal: SignalName;

  constructor(signal: SignalName) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }

  /** What a shell shows for a process that died of the signal. */
  get exitCode(): number {
    return 128 + SIGNALS[this.signal];
  }
}

/**
 * Runs `work` with a signal that aborts when the process is told to end. Once `work` has cleaned up,
 * the process ends by that same signal, as its parent expects (and as a read that waits for a pipe
 * would otherwise prevent).
 */
export async function withInterrupts(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const names = Object.keys(SIGNALS) as SignalName[];
  const abort = (name: SignalName) => {
    // The second is the system's, however long the cleaning takes.
    for (const each of names) process.off(each, abort);
    controller.abort(new Interrupted(name));
  };
  for (const name of names) process.on(name, abort);
  try {
    await work(controller.signal);
  } finally {
    for (const name of names) process.off(name, abort);
    const { reason } = controller.signal as { reason: unknown };
    if (reason instanceof Interrupted) process.kill(process.pid, reason.signal);
  }
}

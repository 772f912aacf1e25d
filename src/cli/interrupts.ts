/**
 * SIGINT, SIGTERM and SIGHUP: the first asks the command to stop cleanly, the second ends it at once. Until a
 * command can stop, nobody listens, and the system ends it at the first.
 */

export interface Interrupts {
  /** For an operation that can stop cleanly. Listens from now on. */
  takeSignal(): AbortSignal;
}

export interface InterruptOptions {
  /** The first has come. */
  readonly onFirst: () => void;
  /** Ends the process. */
  readonly endAtOnce: () => void;
  /** Makes the system end the process at the second, though its code may be too busy to hear of it. */
  readonly guard: (signals: readonly NodeJS.Signals[]) => void;
  /** SIGHUP changes nothing. */
  readonly ignoresHangUp: boolean;
}

export function createInterrupts(
  process: Pick<NodeJS.Process, 'on'>,
  { onFirst, endAtOnce, guard, ignoresHangUp }: InterruptOptions,
): Interrupts {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      endAtOnce();
      return;
    }
    onFirst();
    controller.abort();
  };
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', ...(ignoresHangUp ? [] : HANG_UP)];
  if (ignoresHangUp) process.on('SIGHUP', () => undefined);
  let isListening = false;
  return {
    takeSignal() {
      if (isListening) return controller.signal;
      isListening = true;
      for (const signal of signals) process.on(signal, interrupt);
      guard(signals);
      return controller.signal;
    },
  };
}

const HANG_UP: readonly NodeJS.Signals[] = ['SIGHUP'];

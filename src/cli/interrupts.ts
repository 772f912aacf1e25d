/** SIGINT and SIGTERM: the first asks the command to stop cleanly, the second ends it at once. */

export interface Interrupts {
  /** For an operation that can stop cleanly. Until a command takes it, the first signal ends at once. */
  takeSignal(): AbortSignal;
}

/** Listens from now on; `endAtOnce` ends the process. */
export function listenForInterrupts(
  process: Pick<NodeJS.Process, 'on'>,
  onFirst: () => void,
  endAtOnce: () => void,
): Interrupts {
  const controller = new AbortController();
  let isTaken = false;
  const interrupt = (): void => {
    if (!isTaken || controller.signal.aborted) {
      endAtOnce();
      return;
    }
    onFirst();
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    takeSignal() {
      isTaken = true;
      return controller.signal;
    },
  };
}

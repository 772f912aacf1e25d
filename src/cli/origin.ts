/** Says where an answer comes from, where there are several sources that it might have come from. */
import type { Origin } from '../store.js';
import { formatSource } from './render/source.js';
import type { Session } from './session.js';

/** On standard error: what a query writes to standard output is often read by a program. */
export function nameOrigin(
  session: Session,
  { source, isEvident }: Origin,
  snapshot?: number,
): void {
  if (isEvident || session.isJson) return;
  const at = snapshot === undefined ? 'From' : `From snapshot ${snapshot} of`;
  session.notice(`${at} source ${source.id}, ${formatSource(source)}.`);
}

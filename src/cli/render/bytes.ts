/** Sizes for people, in powers of 1024. */

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** `bytes` (not negative) in about three digits: `0 B`, `1023 B`, `1.50 KiB`, `12.3 MiB`, `456 GiB`. */
export function formatBytes(bytes: number | bigint): string {
  let amount = Number(bytes);
  if (amount < 1024) return `${amount} B`;
  let unit = -1;
  // 1023.5 and more would be rounded to 1024 of a unit that goes to 1023.
  while (amount >= 1023.5 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${threeDigits(amount)} ${UNITS[unit] ?? ''}`;
}

function threeDigits(amount: number): string {
  const twoDecimals = amount.toFixed(2);
  if (twoDecimals.length <= 4) return twoDecimals;
  const oneDecimal = amount.toFixed(1);
  return oneDecimal.length <= 4 ? oneDecimal : amount.toFixed(0);
}

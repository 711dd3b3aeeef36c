/**
 * AWS Batch's computeReservation: (computeReservation / 100) ^ activeShares of the capacity is kept for shares that are not
 * active yet, so that a newcomer finds room. With 50: half while one share is active, a quarter with two, an eighth with three.
 */
export function reservedFraction(computeReservation: number, activeShares: number): number {
  const [kept, of] = powers(computeReservation, activeShares);
  // Shifted so far that the quotient has all the digits of a double, and exactly the right one where there is one.
  const bits = 1000n;
  return Number((kept << bits) / of) / 2 ** Number(bits);
}

/** The same of so many instances, rounded down. */
export function reservedInstances(limit: number, computeReservation: number, activeShares: number): number {
  if (computeReservation === 0) return 0;
  const [kept, of] = powers(computeReservation, activeShares);
  return Number((BigInt(limit) * kept) / of);
}

function powers(computeReservation: number, activeShares: number): readonly [bigint, bigint] {
  const exponent = BigInt(activeShares);
  return [BigInt(computeReservation) ** exponent, 100n ** exponent];
}

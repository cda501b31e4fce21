/** Who takes part. Each run has new people under these names. */
export const PEOPLE = ['ann', 'bob', 'cyd', 'dan'] as const;

export type Person = (typeof PEOPLE)[number];

/** Who has made the group of the run, and owns it. */
export const FOUNDER: Person = 'ann';

/** Who else is in it from the beginning. */
export const MEMBERS: readonly Person[] = ['bob', 'cyd'];

/** Where something is said: the one group of the run, or the direct conversation of two people, in the order of PEOPLE. */
export type Place = 'group' | `${Person}+${Person}`;

/** Where a message goes: to the group, or to a person. */
export type To = 'group' | Person;

/** A device of a person, such as `ann/1`. */
export type DeviceName = `${Person}/${number}`;

export function placeOf(by: Person, to: To): Place {
  if (to === 'group') return 'group';
  return PEOPLE.indexOf(by) < PEOPLE.indexOf(to) ? `${by}+${to}` : `${to}+${by}`;
}

export function peopleOf(place: Place): readonly Person[] {
  return place === 'group' ? PEOPLE : (place.split('+') as Person[]);
}

/** The places that a person could ever be part of. */
export function placesOf(person: Person): readonly Place[] {
  return ['group', ...PEOPLE.filter((other) => other !== person).map((other) => placeOf(person, other))];
}

/** Where a person sends to reach a place. */
export function towards(person: Person, place: Place): To {
  return place === 'group' ? 'group' : peopleOf(place).find((other) => other !== person)!;
}

export function ownerOf(device: DeviceName): Person {
  return device.slice(0, device.indexOf('/')) as Person;
}

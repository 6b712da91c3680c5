// Who is on the recipe now: faces, the reader's own last. Loaded after the recipe.

import type { Presence } from '@recipe-chat/client';
import { texts } from '../texts';
import { Face } from './Face';

const MAX_FACES = 4;

export default function PeopleHere({ presence, me }: { presence: Presence | null; me: string }) {
  if (!presence || presence.count < 2) return null;
  const people = presence.people.toSorted((a, b) => Number(a.id === me) - Number(b.id === me));
  const shown = people.slice(0, MAX_FACES);
  const rest = presence.count - shown.length;
  return (
    <ul className="faces" aria-label={texts.peopleHere(presence.count)}>
      {shown.map(person => (
        <li key={person.id}>
          <Face user={person} labelled />
        </li>
      ))}
      {rest > 0 && <li className="face more">+{rest}</li>}
    </ul>
  );
}

/** The one error this skill has for its caller. */

/** What is wrong with the description; becomes `invalid-input` of `metier:skill/types`. */
export class Refusal extends Error {}

export function refuse(message) {
  return new Refusal(message);
}

/** Runs `work`; a refusal inside says where it happened. */
export function at(place, work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) throw refuse(`${place}: ${error.message}`);
    throw error;
  }
}

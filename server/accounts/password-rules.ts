import { DomainError, invalidField } from '../lib/errors.ts';

export const PASSWORD_MIN_CHARACTERS = 8;
export const PASSWORD_MAX_CHARACTERS = 256;

/** @throws DomainError INVALID_FIELD */
export function checkPassword(password: string, field = 'password'): void {
  // A code point is at most two units: what is longer need not be counted.
  const length = password.length > 2 * PASSWORD_MAX_CHARACTERS ? Infinity : [...password].length;
  if (length < PASSWORD_MIN_CHARACTERS || length > PASSWORD_MAX_CHARACTERS) {
    throw invalidField(field, `${PASSWORD_MIN_CHARACTERS} to ${PASSWORD_MAX_CHARACTERS} characters`);
  }
}

/** Whether it is the user or the password that is wrong is not told. */
export function credentialsInvalid(): DomainError {
  return new DomainError('CREDENTIALS_INVALID', 'unknown user or wrong password');
}

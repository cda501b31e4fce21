/** Why a request is refused: `CODE REASON`. */
export interface Refusal {
  readonly refused: string;
}

const refusal = (refused: string): Refusal => ({ refused });

export const MESSAGE_NOT_FOUND = refusal('NOT_FOUND MESSAGE_NOT_FOUND');
export const GROUP_NOT_FOUND = refusal('NOT_FOUND GROUP_NOT_FOUND');
export const USER_NOT_FOUND = refusal('NOT_FOUND USER_NOT_FOUND');
export const ID_REUSED = refusal('ALREADY_EXISTS CLIENT_MESSAGE_ID_REUSED');
export const NOT_A_MEMBER = refusal('PERMISSION_DENIED NOT_A_MEMBER');
export const ROLE_INSUFFICIENT = refusal('PERMISSION_DENIED ROLE_INSUFFICIENT');
export const RECIPIENT_UNAVAILABLE = refusal('PERMISSION_DENIED RECIPIENT_UNAVAILABLE');
export const OWNER_CANNOT_LEAVE = refusal('FAILED_PRECONDITION OWNER_CANNOT_LEAVE');
export const SELF_NOT_ALLOWED = refusal('INVALID_ARGUMENT SELF_NOT_ALLOWED');
export const REVISION_CONFLICT = refusal('ABORTED REVISION_CONFLICT');
export const ACK_BEYOND_DELIVERED = refusal('OUT_OF_RANGE ACK_BEYOND_DELIVERED');

const END = Number.MAX_SAFE_INTEGER;

/**
 * For statements over all conversations of a user: the seqs of each that they may read, earlier ones included where the
 * group's history is visible, no seq twice. Its parameters: the user, the user.
 */
export const READABLE_RANGES = `
  SELECT o.conversation_id, 1 AS from_seq, ${END} AS to_seq
  FROM offline_message o JOIN conversation c ON c.id = o.conversation_id
  WHERE o.user_id = ? AND c.direct_key IS NOT NULL
  UNION ALL
  SELECT
    g.conversation_id,
    CASE WHEN p.left_seq IS NULL AND g.history_visible = 1 THEN 1 ELSE p.joined_seq END,
    COALESCE(p.left_seq, ${END})
  FROM group_user p JOIN all_group g ON g.id = p.group_id
  WHERE p.user_id = ? AND (
    p.left_seq IS NULL OR g.history_visible = 0 OR NOT EXISTS (
      SELECT 1 FROM group_user n WHERE n.group_id = p.group_id AND n.user_id = p.user_id AND n.left_seq IS NULL
    )
  )`;

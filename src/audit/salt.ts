import { randomFillSync } from 'node:crypto'

const SALT_BYTES = 16
const pool = Buffer.allocUnsafe(SALT_BYTES * 256)
let used = pool.length

/** 16 random bytes as base64url. They are drawn in bulk: a draw costs as much as all the rest of a seal. */
export function newSalt(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const salt = pool.toString('base64url', used, used + SALT_BYTES)
  pool.fill(0, used, used + SALT_BYTES)
  used += SALT_BYTES
  return salt
}

/**
 * Keeps what is sensitive from being stored in clear.
 *
 * 1. `open` gives what `seal` was given, also after another key has come to seal from then on. Without the key nobody
 *    learns more of it from what `seal` gave than how long it is.
 * 2. `open` throws `SECRET_UNREADABLE` for whatever was not sealed here, was changed, or whose key is not there any more.
 * 3. `digest` of the same text is the same, now and after a change of keys, and tells nothing without the key.
 */
export interface Secrets {
  seal(clear: string): string
  open(sealed: string): string
  digest(clear: string): string
}

// Before every test file: files of one worker share a process, and what one of them taught it is not a secret to the next.
// Text that may be the beginning of a secret is told in other pieces.

import { liveSecrets } from "../../src/platform/secrets.ts";

liveSecrets.clear();

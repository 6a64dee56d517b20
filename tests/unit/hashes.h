#ifndef SB_HASHES_H
#define SB_HASHES_H

/*
 * A test of repositories is run twice: by libgit2 (test_NAME.c), and by git, on
 * repositories with SHA-256 ids (test_NAME_sha256.c, which includes the other).
 */
#ifndef TEST_HASH
#define TEST_HASH "sha1"
#define ONES "1111111111111111111111111111111111111111" /* an id that no object has */
#endif

#endif

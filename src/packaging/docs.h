// docs.h - what the writers of the documents share.
#ifndef PACKAGING_DOCS_H
#define PACKAGING_DOCS_H

#include <stdbool.h>

// Writes the completion for "bash", "zsh" or "fish" on stdout. False: no such shell.
bool docs_completion(const char *shell);

#endif

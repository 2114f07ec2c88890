#include "app/greet.h"

#include "app/words.h"

int words() { return WORDS; }
const char* salt() { return SALT; }

int words();
const char* salt();

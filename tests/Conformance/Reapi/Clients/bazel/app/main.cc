#include <cstdio>

#include "app/greet.h"

int main() {
  std::printf("%d words of %s\n", words(), salt());
}

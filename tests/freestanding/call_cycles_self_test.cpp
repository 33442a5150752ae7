// SPDX-License-Identifier: BSL-1.0

// What call_cycles must find: with -DDIRECT a function that calls itself, with -DMUTUAL two that
// call each other, with neither nothing. Linked like toy.cpp, never run.

extern "C" {

int odd(int n);
int even(int n);

#if defined(DIRECT)
int factorial(int n) { return n == 0 ? 1 : n * factorial(n - 1); }
#else
int factorial(int n) {
    int product = 1;
    while (n != 0) {
        product *= n--;
    }
    return product;
}
#endif

int even(int n) { return n == 0 ? 1 : odd(n - 1); }

#if defined(MUTUAL)
int odd(int n) { return n == 0 ? 0 : even(n - 1); }
#else
int odd(int n) { return n % 2; }
#endif

void _start() {
    (void)factorial(3);
    (void)even(3);
}
}

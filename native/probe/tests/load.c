/* Loads the probe and handles a signal with its trap, in a process without a runtime: for C libraries without a runtime to test with. Argument: the
 * probe. */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>

typedef int (*open_call)(int signal, int chain);
typedef int (*wait_call)(int trap);
typedef void (*close_call)(int trap);

int main(int count, char **arguments)
{
    void *probe = count == 2 ? dlopen(arguments[1], RTLD_NOW) : NULL;
    if (!probe) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    __extension__ open_call trap_open = (open_call)dlsym(probe, "stackflare_trap_open");
    __extension__ wait_call trap_wait = (wait_call)dlsym(probe, "stackflare_trap_wait");
    __extension__ close_call trap_close = (close_call)dlsym(probe, "stackflare_trap_close");
    if (!trap_open || !trap_wait || !trap_close || !dlsym(probe, "DllGetClassObject"))
        return 2;
    int trap = trap_open(SIGUSR1, 0);
    if (trap < 0 || raise(SIGUSR1) != 0 || trap_wait(trap) != 1)
        return 3;
    trap_close(trap);
    return trap_wait(trap) == 0 ? 0 : 4;
}

/* Runs a command whose standard output does not block. */
#include <fcntl.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    (void)count;
    if (fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK) == 0)
        execv(arguments[1], arguments + 1);
    return 127;
}

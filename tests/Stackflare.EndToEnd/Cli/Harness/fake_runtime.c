/* A process that looks as if a .NET runtime ran in it and listened on its diagnostics socket, and answers as the command line says:
 *   never      takes no connection
 *   deaf       takes them and never reads
 *   closes     takes them and closes
 *   babbles    answers what is no message of the protocol
 *   refuses    answers with an error
 *   agrees     answers that all went well, and sends no snapshot
 *   garbage    sends bytes that are no snapshot
 *   empty      sends no byte as a snapshot
 *   endless    sends a snapshot without end
 *   hangs      sends a part of a snapshot and waits
 * What makes it one for the tool is the name of a library in its memory map: the test preloads one.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static unsigned long long start_ticks(void)
{
    static char text[4096];
    FILE *file = fopen("/proc/self/stat", "r");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[length] = 0;
    char *field = strrchr(text, ')');
    for (int i = 3; field && i <= 22; i++)
        field = strchr(field + 1, ' ');
    return field ? strtoull(field + 1, NULL, 10) : 0;
}

static int listen_there(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%s/dotnet-diagnostic-%d-%llu-socket", getenv("TMPDIR"), getpid(), start_ticks());
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1))
        exit(1);
    return fd;
}

static void answer(int connection, uint32_t result)
{
    unsigned char message[24] = "DOTNET_IPC_V1";
    message[14] = sizeof message;
    message[16] = 0xff;
    memcpy(message + 20, &result, sizeof result);
    if (write(connection, message, sizeof message) != sizeof message)
        perror("the tool has gone");
}

/* The request ends with the name of the abstract socket that the snapshot is awaited on. */
static int connect_back(const char *request, ssize_t length)
{
    const char *name = memmem(request, (size_t)length, "@stackflare-", 12);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t size = name ? strnlen(name, 64) : 0;
    memcpy(address.sun_path + 1, name ? name + 1 : "", size ? size - 1 : 0);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (!size || connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)))
        exit(2);
    return fd;
}

static void send_snapshot(const char *how, const char *request, ssize_t length)
{
    static char bytes[1 << 16];
    int fd = connect_back(request, length);
    memset(bytes, 'x', sizeof bytes);
    if (!strcmp(how, "garbage") || !strcmp(how, "hangs"))
        if (write(fd, bytes, 1000) != 1000)
            exit(3);
    while (!strcmp(how, "endless") && write(fd, bytes, sizeof bytes) > 0)
        continue;
    if (!strcmp(how, "hangs"))
        pause();
    close(fd);
}

int main(int count, char **arguments)
{
    if (count != 2)
        return 64;
    const char *how = arguments[1];
    signal(SIGPIPE, SIG_IGN);
    int listener = listen_there();
    /* The line of connections waits two long at most; these take the places. */
    if (!strcmp(how, "never")) {
        struct sockaddr_un address;
        socklen_t size = sizeof address;
        getsockname(listener, (struct sockaddr *)&address, &size);
        for (int i = 0; i < 2; i++)
            if (connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, size))
                return 4;
    }
    puts("READY");
    fflush(stdout);
    while (!strcmp(how, "never"))
        pause();
    for (;;) {
        static char request[65536];
        int connection = accept(listener, NULL, NULL);
        if (!strcmp(how, "deaf"))
            continue;
        ssize_t length = strcmp(how, "closes") ? read(connection, request, sizeof request) : 0;
        if (!strcmp(how, "babbles")) {
            if (write(connection, "HTTP/1.1 400 Bad Request\r\n\r\n", 28) != 28)
                return 5;
        } else if (!strcmp(how, "refuses")) {
            answer(connection, 0x8013136a);
        } else if (!strcmp(how, "agrees")) {
            answer(connection, 0);
        } else if (length > 0) {
            send_snapshot(how, request, length);
            answer(connection, 0x80131375);
        }
        close(connection);
    }
}

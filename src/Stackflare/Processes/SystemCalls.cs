using System.Globalization;
using System.Runtime.InteropServices;

namespace Stackflare.Processes;

/// <summary>Names of the system calls in which a thread can wait. Their numbers depend on the processor architecture.</summary>
internal static class SystemCalls
{
    private const string Common =
        " 425:io_uring_setup 426:io_uring_enter 427:io_uring_register 434:pidfd_open 437:openat2 441:epoll_pwait2 449:futex_waitv 455:futex_wait ";

    private const string X64 =
        " 0:read 1:write 2:open 3:close 7:poll 8:lseek 9:mmap 10:mprotect 11:munmap 16:ioctl 17:pread64 18:pwrite64 19:readv 20:writev 23:select " +
        "24:sched_yield 26:msync 28:madvise 34:pause 35:nanosleep 40:sendfile 42:connect 43:accept 44:sendto 45:recvfrom 46:sendmsg 47:recvmsg " +
        "56:clone 57:fork 58:vfork 59:execve 61:wait4 65:semop 69:msgsnd 70:msgrcv 72:fcntl 73:flock 74:fsync 75:fdatasync 76:truncate 77:ftruncate " +
        "128:rt_sigtimedwait 130:rt_sigsuspend 162:sync 202:futex 208:io_getevents 219:restart_syscall 220:semtimedop 230:clock_nanosleep " +
        "232:epoll_wait 242:mq_timedsend 243:mq_timedreceive 247:waitid 257:openat 270:pselect6 271:ppoll 275:splice 277:sync_file_range " +
        "281:epoll_pwait 285:fallocate 288:accept4 295:preadv 296:pwritev 299:recvmmsg 306:syncfs 307:sendmmsg 318:getrandom 324:membarrier " +
        "326:copy_file_range 327:preadv2 328:pwritev2 ";

    private const string Arm64 =
        " 4:io_getevents 22:epoll_pwait 25:fcntl 29:ioctl 32:flock 45:truncate 46:ftruncate 47:fallocate 56:openat 57:close 62:lseek 63:read 64:write " +
        "65:readv 66:writev 67:pread64 68:pwrite64 69:preadv 70:pwritev 71:sendfile 72:pselect6 73:ppoll 76:splice 81:sync 82:fsync 83:fdatasync " +
        "84:sync_file_range 95:waitid 98:futex 101:nanosleep 115:clock_nanosleep 124:sched_yield 128:restart_syscall 133:rt_sigsuspend " +
        "137:rt_sigtimedwait 182:mq_timedsend 183:mq_timedreceive 188:msgrcv 189:msgsnd 192:semtimedop 193:semop 202:accept 203:connect 206:sendto " +
        "207:recvfrom 211:sendmsg 212:recvmsg 215:munmap 220:clone 221:execve 222:mmap 226:mprotect 227:msync 233:madvise 242:accept4 243:recvmmsg " +
        "260:wait4 267:syncfs 269:sendmmsg 278:getrandom 283:membarrier 285:copy_file_range 286:preadv2 287:pwritev2 ";

    /// <summary>A call's name, or its number if it is not in the table.</summary>
    public static string Name(int number, Architecture processor)
    {
        string text = number.ToString(CultureInfo.InvariantCulture);
        return Find(processor == Architecture.Arm64 ? Arm64 : X64, text) ?? Find(Common, text) ?? text;
    }

    private static string? Find(string table, string number)
    {
        string key = $" {number}:";
        int at = table.IndexOf(key, StringComparison.Ordinal);
        return at < 0 ? null : table[(at + key.Length)..table.IndexOf(' ', at + 1)];
    }
}

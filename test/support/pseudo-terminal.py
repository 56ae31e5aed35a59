# A pseudo terminal for a program under test: argv is columns, rows, then the program. Bytes from fd 0 go to the terminal, its output to fd 1;
# commands come on fd 3, a line each: `size C R`, `signal NAME`, `hangup`, and `unread`: nothing
# it writes is read any more, and SIGTERM comes once it can write no more. On fd 2 a line `stopped` each time it was suspended, and afterwards one:
# exit status, and the terminal's flags.
import fcntl, os, pty, select, signal, struct, sys, termios

columns, rows, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
master, slave = pty.openpty()


def resize(columns, rows):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def flags():
    try:
        return termios.tcgetattr(slave)[0:4]
    except termios.error:
        return None


resize(columns, rows)
before = flags()
told, tell = os.pipe()
shell = os.fork()
if shell == 0:
    # What a shell is to its job: without one a program cannot be suspended.
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    job = os.fork()
    if job == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
        os.setpgid(0, 0)
        os.tcsetpgrp(slave, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        for fd in (0, 1, 2):
            os.dup2(slave, fd)
        os.closerange(3, 100)
        os.execvp(program[0], program)
    os.write(tell, str(job).encode())
    os.close(master)
    ended = None
    while ended is None:
        _, state = os.waitpid(job, os.WUNTRACED)
        if not os.WIFSTOPPED(state):
            ended = state
            break
        # As a shell has the terminal while its job is stopped: the job is told nothing of it.
        os.tcsetpgrp(slave, os.getpid())
        os.write(2, b"stopped\n")
        while ended is None and signal.sigtimedwait({signal.SIGUSR1}, 0.02) is None:
            done, state = os.waitpid(job, os.WNOHANG)
            if done:
                ended = state
        if ended is None:
            os.tcsetpgrp(slave, job)
            os.killpg(job, signal.SIGCONT)
    code = os.waitstatus_to_exitcode(ended)
    os._exit(code if code >= 0 else 128 - code)
child = int(os.read(told, 20))

started_by = os.getppid()
status = None
sources = {0, 3, master}
waiting = b""
while True:
    ready, _, _ = select.select(list(sources), [], [], 0.02)
    for source in ready:
        try:
            data = os.read(source, 65536)
        except OSError:
            data = b""
        if source == master and data:
            os.write(1, data)
        elif source == 0 and data and master in sources:
            os.write(master, data)
        elif source == 3 and data:
            waiting += data
            while b"\n" in waiting:
                line, waiting = waiting.split(b"\n", 1)
                words = line.decode().split()
                if words[0] == "size":
                    resize(int(words[1]), int(words[2]))
                elif words[0] == "signal":
                    # Who stops is told by the shell to go on, once it has.
                    if words[1] == "SIGCONT":
                        os.kill(shell, signal.SIGUSR1)
                    else:
                        os.kill(child, getattr(signal, words[1]))
                elif words[0] == "unread":
                    sources.discard(master)
                    # A write that waits is seen by the thread that it is in, where the system tells; it is to end either way.
                    for _ in range(500):
                        tasks = [f"/proc/{child}/task/{task}/wchan" for task in os.listdir(f"/proc/{child}/task")]
                        if any(open(task).read() == "wait_woken" for task in tasks):
                            break
                        select.select([], [], [], 0.01)
                    os.kill(child, signal.SIGTERM)
                elif words[0] == "hangup":
                    after = flags()
                    sources.discard(master)
                    os.close(slave)
                    os.close(master)
        if not data:
            sources.discard(source)
    if os.getppid() != started_by:
        # Whoever ran the test is gone: nothing of it stays.
        os.kill(child, signal.SIGKILL)
        break
    if status is None:
        done, found = os.waitpid(shell, os.WNOHANG)
        if done:
            status = os.waitstatus_to_exitcode(found)
    elif master not in ready:
        break
try:
    after = flags()
except OSError:
    after = None
print(f"status {status} {'same' if after == before else 'other' if after else 'gone'}", file=sys.stderr)

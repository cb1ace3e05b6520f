using System.Runtime.CompilerServices;

namespace PluginRuntime.Execution.Pooling;

/// <summary>
/// A lock with two doors: a quick one, whose round trip is one atomic operation where <see cref="Lock"/> needs two, and a
/// <see cref="Lock"/> for whoever finds that one taken. It is not recursive.
/// </summary>
/// <remarks>
/// <para>Through the quick door: take it (an atomic operation, and so a full fence), then look whether somebody has the other one.
/// Through the other: take the <see cref="Lock"/>, say so (a full fence), then wait for the quick door. Of two who come at once at least
/// one sees the other: the quick one steps back, the other waits. So never are two inside.</para>
/// <para>Whoever has the <see cref="Lock"/> spins for the quick door, and only he: everybody else sleeps behind him. So what is done
/// inside the quick door is to be short; what goes through whole lists comes by <see cref="EnterForLong"/>.</para>
/// <para>Who is turned away at the quick door pauses before he tries it again, for longer each time, and a few times only, so that the wait
/// for it ends. What the lock guards lies in one processor's cache, and to fetch it costs many times what is done with it: it pays that
/// the one who has it does it several times over while the other pauses. This is the backoff of T. E. Anderson, "The Performance of Spin Lock
/// Alternatives for Shared-Memory Multiprocessors", 1990.</para>
/// </remarks>
internal sealed class QuickLock
{
    // In turns of Thread.SpinWait: from half a microsecond to about ten. On one processor nobody leaves while another spins.
    private static readonly int[] _pauses = Environment.ProcessorCount > 1 ? [10, 50, 250] : [];

    private readonly Lock _lock = new();

    /// <summary>1 while somebody is behind the quick door, or about to step back from it.</summary>
    private int _isTaken;

    /// <summary>1 while somebody has the lock and is inside, or waits for the quick door.</summary>
    private int _isClaimed;

    /// <summary>Takes the quick door if nobody is inside. Then <see cref="Exit"/> must follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryEnter()
    {
        if (Interlocked.CompareExchange(ref _isTaken, 1, 0) != 0)
        {
            return false;
        }

        if (Volatile.Read(ref _isClaimed) == 0)
        {
            return true;
        }

        Exit();
        return false;
    }

    /// <summary>Leaves by the quick door.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit() => Volatile.Write(ref _isTaken, 0);

    /// <summary>After <see cref="TryEnter"/>: what leaves by the quick door.</summary>
    public Scope Entered => new(this, isQuick: true);

    /// <summary>Enters by whichever door is open.</summary>
    public Scope Enter() => TryEnter() ? Entered : EnterAfterPause();

    /// <summary>For whom <see cref="TryEnter"/> turned away.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public Scope EnterAfterPause()
    {
        foreach (var pause in _pauses)
        {
            Thread.SpinWait(pause);
            if (TryEnter())
            {
                return Entered;
            }
        }

        return EnterForLong();
    }

    /// <summary>Enters by the door where others can sleep.</summary>
    public Scope EnterForLong()
    {
        _lock.Enter();
        Interlocked.Exchange(ref _isClaimed, 1);
        if (Volatile.Read(ref _isTaken) != 0)
        {
            WaitForTheQuickDoor();
        }

        return new(this, isQuick: false);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WaitForTheQuickDoor()
    {
        // It is a matter of nanoseconds, unless whoever is inside was interrupted: so this gives way after a while.
        var spinner = default(SpinWait);
        while (Volatile.Read(ref _isTaken) != 0)
        {
            spinner.SpinOnce();
        }
    }

    private void ExitFromLong()
    {
        Volatile.Write(ref _isClaimed, 0);
        _lock.Exit();
    }

    /// <summary>Leaves by the door through which it was entered.</summary>
    public readonly ref struct Scope(QuickLock entered, bool isQuick)
    {
        public void Dispose()
        {
            if (isQuick)
            {
                entered.Exit();
            }
            else
            {
                entered.ExitFromLong();
            }
        }
    }
}

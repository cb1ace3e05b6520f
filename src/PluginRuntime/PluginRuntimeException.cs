namespace PluginRuntime;

/// <summary>The base of every failure this library reports: one type a cause, each with a stable code.</summary>
/// <remarks>The message is one sentence of facts without secrets; front ends add the advice.</remarks>
public abstract class PluginRuntimeException : Exception
{
    /// <summary>Creates the failure.</summary>
    /// <param name="code">Stable, dotted, lower case: <c>pool.exhausted</c>.</param>
    /// <param name="message">One sentence of facts.</param>
    /// <param name="innerException">A cause out of the host or the framework; never an object that a connector threw.</param>
    protected PluginRuntimeException(string code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>Stable, dotted, lower case: <c>pool.exhausted</c>. The catalogue is in docs/errors.md.</summary>
    public string Code { get; }

    /// <summary>Whether the same request may succeed later without anybody changing it.</summary>
    public virtual bool IsTransient => false;
}

namespace PluginRuntime.Management;

/// <summary>There is no instance of this name.</summary>
public sealed class InstanceUnknownException : PluginRuntimeException
{
    internal InstanceUnknownException(string instance)
        : base("instance.unknown", $"There is no instance '{instance}'.")
    {
    }
}

/// <summary>An instance of this name is there already.</summary>
public sealed class InstanceExistsException : PluginRuntimeException
{
    internal InstanceExistsException(string instance)
        : base("instance.exists", $"There is an instance '{instance}' already.")
    {
    }
}

/// <summary>An instance is defined by a file or by the program and cannot be changed over the API.</summary>
public sealed class InstanceReadOnlyException : PluginRuntimeException
{
    internal InstanceReadOnlyException(string instance, DefinitionOrigin origin)
        : base("instance.read-only", $"The instance '{instance}' is defined by the {origin.ToString().ToLowerInvariant()}; change it there.")
    {
    }
}

/// <summary>A change was asked for on the ground of an older revision.</summary>
public sealed class RevisionMismatchException : PluginRuntimeException
{
    internal RevisionMismatchException(string instance)
        : base("revision.mismatch", $"'{instance}' was changed in between; read it again.")
    {
    }
}

/// <summary>A swap or rollback has nowhere to go.</summary>
public sealed class SwapImpossibleException : PluginRuntimeException
{
    internal SwapImpossibleException(string code, string message)
        : base(code, message)
    {
    }
}

/// <summary>Something was decided about a canary, and no version is tried on a share of the calls.</summary>
public sealed class CanaryNoneException : PluginRuntimeException
{
    internal CanaryNoneException(string instance)
        : base("canary.none", $"No version is tried on a share of the calls of '{instance}'.")
    {
    }
}

/// <summary>An instance that is required could not be brought up.</summary>
public sealed class RequiredInstanceException : PluginRuntimeException
{
    internal RequiredInstanceException(string instance, string detail)
        : base("instance.required", $"The instance '{instance}' is required and cannot be brought up: {detail}") => Instance = instance;

    /// <summary>The instance's name.</summary>
    public string Instance { get; }
}

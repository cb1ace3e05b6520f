using System.Runtime.Loader;

namespace PluginRuntime.Execution;

/// <summary>A lease was asked for as a type that the connection is not.</summary>
public sealed class LeaseTypeException : PluginRuntimeException
{
    internal LeaseTypeException(string instance, Type wanted, Type actual)
        : base(
            "lease.type",
            $"The connections of '{instance}' are {actual.FullName} from {ContextOf(actual)}; asked for was {wanted.FullName} from "
            + $"{ContextOf(wanted)}. A lease works for types of .NET itself and of shared assemblies.")
    {
    }

    private static string ContextOf(Type type) =>
        $"{type.Assembly.GetName().Name} in the load context '{AssemblyLoadContext.GetLoadContext(type.Assembly)?.Name}'";
}

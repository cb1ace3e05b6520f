namespace PluginRuntime.Packages;

/// <summary>Where a package was found.</summary>
public enum PackageOrigin
{
    /// <summary>It ships with the host and is protected.</summary>
    BuiltIn,

    /// <summary>It lies in a drop-in folder.</summary>
    Drop,

    /// <summary>It lies in the host's own store.</summary>
    Store,

    /// <summary>It was installed from a source, and lies in the store.</summary>
    Feed,

    /// <summary>It is a manifest that was registered: there are no files, and the connector that it is bound to carries it out.</summary>
    Registered,
}
